// Tiles fill the screen at any count and size.
import { describe, expect, it } from 'vitest'
import { layoutWall, type LayoutInput } from './layout'

const base: LayoutInput = {
  groups: [], width: 1552, height: 1016, gap: 4, blockGap: 10, heading: 22, minBlock: 300, minTile: 104, wanted: null,
}
const province = [9, 8, 8, 8, 9, 8, 8, 9, 8, 8, 8, 8, 8, 8]

function size(input: LayoutInput) {
  const layout = layoutWall(input)
  const width = Math.max(...layout.bands.map((band) => {
    const columns = band.columns.reduce((sum, count) => sum + count, 0)
    return columns * layout.tileWidth + (columns - band.columns.length) * input.gap + (band.columns.length - 1) * input.blockGap
  }))
  const height = layout.bands.reduce(
    (sum, band) => sum + input.heading + band.rows * layout.tileHeight + (band.rows - 1) * input.gap, 0,
  ) + (layout.bands.length - 1) * input.blockGap
  return { layout, width, height }
}

describe('layoutWall', () => {
  it('shows 115 cameras of 14 sites on a full-HD screen without scrolling', () => {
    const { layout, width, height } = size({ ...base, groups: province })
    expect(layout.scrolls).toBe(false)
    expect(layout.bands.flatMap((band) => band.columns)).toHaveLength(14)
    expect(width).toBeLessThanOrEqual(base.width)
    expect(height).toBeLessThanOrEqual(base.height)
    expect((width * height) / (base.width * base.height)).toBeGreaterThan(0.88)
    expect(layout.tileWidth).toBeGreaterThan(115)
  })

  it.each([1, 2, 3, 4, 5, 7, 9, 12, 16, 25, 40, 64, 115])('never leaves more than a third unused with %i tiles', (count) => {
    const input = { ...base, groups: [count], heading: 0 }
    const { layout, width, height } = size(input)
    expect(width).toBeLessThanOrEqual(input.width)
    expect(height).toBeLessThanOrEqual(input.height)
    const share = (count * layout.tileWidth * layout.tileHeight) / (input.width * input.height)
    // Two pictures of 16:9 can never fill 3:2; everything else must do well.
    expect(share).toBeGreaterThan(count === 2 ? 0.55 : 0.66)
  })

  it('keeps every tile close to 16:9', () => {
    for (let count = 1; count <= 115; count++) {
      const { tileWidth, tileHeight } = layoutWall({ ...base, groups: [count], heading: 0 })
      expect(tileWidth / tileHeight / (16 / 9)).toBeGreaterThan(0.87)
      expect(tileWidth / tileHeight / (16 / 9)).toBeLessThan(1.13)
    }
  })

  it('has a place for every tile of every group', () => {
    const { bands } = layoutWall({ ...base, groups: province })
    let at = 0
    for (const band of bands) for (const columns of band.columns) expect(columns * band.rows).toBeGreaterThanOrEqual(province[at++] ?? 0)
    expect(at).toBe(province.length)
  })

  it('lets groups flow as one where keeping them apart would waste the screen', () => {
    const two = size({ ...base, groups: [4, 4] })
    expect(two.layout.flows).toBe(true)
    expect(two.layout.bands).toEqual([{ columns: [3], rows: 3 }])
    expect((8 * two.layout.tileWidth * two.layout.tileHeight) / (base.width * base.height)).toBeGreaterThan(0.75)
    expect(two.height).toBeLessThanOrEqual(base.height)
    expect(layoutWall({ ...base, groups: province }).flows).toBe(false)
    expect(layoutWall({ ...base, groups: [12] }).flows).toBe(false)
  })

  it('scrolls when tiles would get too small, with whole columns', () => {
    const { layout, width } = size({ ...base, groups: province, width: 374, height: 640, minTile: 150 })
    expect(layout.scrolls).toBe(true)
    expect(width).toBeLessThanOrEqual(374)
    expect(layout.tileWidth).toBeGreaterThanOrEqual(150)
  })

  it('takes the wanted size when one is chosen', () => {
    const { layout } = size({ ...base, groups: [115], heading: 0, wanted: 260 })
    expect(layout.scrolls).toBe(true)
    expect(Math.abs(layout.tileWidth - 260)).toBeLessThan(60)
  })

  it('has nothing to say without tiles or room', () => {
    expect(layoutWall({ ...base, groups: [] }).bands).toEqual([])
    expect(layoutWall({ ...base, groups: [4], width: 0 }).bands).toEqual([])
  })
})
