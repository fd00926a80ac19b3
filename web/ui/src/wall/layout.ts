// How tiles are laid so that they fill the screen: the arithmetic, without any component. Pure.
//
// All tiles have one size. Groups (a site, a placement, or one group of all) stand side by side in bands; a band is so
// many tile rows high, and each of its groups as many columns wide as its tiles need. For every possible number of
// columns on the screen the groups are cut into bands so that the fewest pixels of height are used; the number with
// the largest tiles wins. A tile may be a little wider or taller than 16:9, so that no strip of the screen is wasted.

export interface LayoutInput {
  /** How many tiles each group has; empty groups are not passed. */
  groups: readonly number[]
  width: number
  height: number
  gap: number
  /** Between blocks and between bands. */
  blockGap: number
  /** Height of a group's heading; 0 when there is none. */
  heading: number
  /** Narrowest block in which a heading can be read. */
  minBlock: number
  /** Narrowest tile that is still of use; below it the wall scrolls. */
  minTile: number
  /** Wanted tile width when the density is chosen by hand; null fills the screen. */
  wanted: number | null
}

export interface Band {
  /** Columns of each group of the band, in order. */
  columns: number[]
  rows: number
}

export interface WallLayout {
  /** The groups are not kept apart: all tiles flow as one, in the groups' order, under one line of headings. */
  flows: boolean
  bands: Band[]
  tileWidth: number
  tileHeight: number
  scrolls: boolean
}

const RATIO = 16 / 9
const STRETCH = 1.12
const MOST_COLUMNS = 80
/** Groups stay apart as long as their tiles keep this share of the area that tiles of one flow would have. */
const WORTH = 0.85
const nothing: WallLayout = { flows: false, bands: [], tileWidth: 0, tileHeight: 0, scrolls: false }

export function layoutWall(input: LayoutInput): WallLayout {
  if (input.groups.length === 0 || input.width <= 0 || input.height <= 0) return nothing
  if (input.wanted === null) {
    const apart = fill(input)
    const inOneLine = input.groups.length > 1 && input.groups.length * input.minBlock <= input.width
    const flow = inOneLine ? fill({ ...input, groups: [input.groups.reduce((sum, count) => sum + count, 0)] }) : null
    const filled = flow && (!apart || area(apart) < area(flow) * WORTH) ? { ...flow, flows: true } : apart
    if (filled && filled.tileWidth >= Math.min(input.minTile, input.width)) return filled
  }
  return scroll(input, Math.min(input.wanted ?? input.minTile, input.width))
}

function fill(input: LayoutInput): WallLayout | null {
  let best: WallLayout | null = null
  const total = input.groups.reduce((sum, count) => sum + count, 0)
  for (let columns = 1; columns <= Math.min(total, MOST_COLUMNS); columns++) {
    const found = withColumns(input, columns)
    if (!found || found.tileHeight < 12) continue
    if (!best || area(found) > area(best)) best = found
  }
  return best
}

const area = (layout: WallLayout) => layout.tileWidth * layout.tileHeight

function withColumns(input: LayoutInput, columns: number): WallLayout | null {
  // Gaps between blocks depend on the bands, and the bands on the tile's height: one pass to guess, one to settle.
  let bands = cut(input, columns, input.width / columns / RATIO)
  let width = widthOfTile(input, bands)
  bands = cut(input, columns, width / RATIO)
  width = widthOfTile(input, bands)
  if (width < 24) return null
  const rows = bands.reduce((sum, band) => sum + band.rows, 0)
  const between = (bands.length - 1) * input.blockGap + (rows - bands.length) * input.gap
  const height = (input.height - bands.length * input.heading - between) / rows
  const tileHeight = Math.min(height, (width / RATIO) * STRETCH)
  const tileWidth = Math.min(width, tileHeight * RATIO * STRETCH)
  return { flows: false, bands, tileWidth: Math.floor(tileWidth), tileHeight: Math.floor(tileHeight), scrolls: false }
}

// Down the page there is room without end, so only the width counts.
function scroll(input: LayoutInput, wanted: number): WallLayout {
  const columns = Math.max(1, Math.floor((input.width + input.gap) / (wanted + input.gap)))
  const bands = cut(input, columns, wanted / RATIO)
  const full = (input.width - (columns - 1) * input.gap - (Math.max(...bands.map((band) => band.columns.length)) - 1) * (input.blockGap - input.gap)) / columns
  const tileWidth = Math.floor(full)
  return { flows: false, bands, tileWidth, tileHeight: Math.floor(tileWidth / RATIO), scrolls: true }
}

/** The widest tile with which every band fits across. */
function widthOfTile(input: LayoutInput, bands: readonly Band[]): number {
  return Math.min(...bands.map((band) => {
    const columns = band.columns.reduce((sum, count) => sum + count, 0)
    const blocks = band.columns.length
    return (input.width - (blocks - 1) * input.blockGap - (columns - blocks) * input.gap) / columns
  }))
}

/** Groups cut into bands of at most `columns` columns, with the least height in all; order is kept. */
function cut(input: LayoutInput, columns: number, tileHeight: number): Band[] {
  const { groups, heading, gap, blockGap } = input
  const narrowest = heading > 0 ? Math.min(columns, Math.ceil(input.minBlock / (input.width / columns))) : 1
  const least: number[] = [0]
  const from: { start: number; band: Band }[] = []
  for (let end = 1; end <= groups.length; end++) {
    least[end] = Infinity
    for (let start = end - 1; start >= 0; start--) {
      const band = bandOf(groups.slice(start, end), columns, narrowest)
      if (!band) break
      const height = heading + band.rows * tileHeight + (band.rows - 1) * gap + blockGap
      const sum = (least[start] ?? 0) + height
      // A hair in favour of the later cut: it keeps bands equally full.
      if (sum < (least[end] ?? Infinity) - 0.01) {
        least[end] = sum
        from[end] = { start, band }
      }
    }
  }
  const bands: Band[] = []
  for (let end = groups.length; end > 0; ) {
    const step = from[end]
    if (!step) break
    bands.unshift(step.band)
    end = step.start
  }
  return bands
}

/** The fewest rows in which these groups stand side by side; null when they cannot. */
function bandOf(groups: readonly number[], columns: number, narrowest: number): Band | null {
  if (groups.length * narrowest > columns && groups.length > 1) return null
  const sum = groups.reduce((all, count) => all + count, 0)
  for (let rows = Math.ceil(sum / columns); ; rows++) {
    const wide = groups.map((count) => Math.max(groups.length > 1 ? narrowest : 1, Math.ceil(count / rows)))
    if (wide.reduce((all, count) => all + count, 0) <= columns) return { columns: wide, rows }
  }
}
