// Persons over the last hours: the mean as an area, the most at once as a line, gaps hatched.
import { useMemo, useState, type PointerEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { CountBin } from '../api/types'
import { Empty } from '../controls/states'
import { clock, number } from '../time/format'
import type { Span } from './timelineSpans'

const WIDTH = 1000
const HEIGHT = 100

export function CountPlot(props: { counts: CountBin[]; start: number; end: number; gaps: Span[] }) {
  const { t } = useTranslation()
  const { start, end } = props
  const [hover, setHover] = useState<number | null>(null)
  const bins = useMemo(
    () => props.counts.map((bin) => ({ ...bin, time: Date.parse(bin.at) })).filter((bin) => bin.time >= start && bin.time <= end),
    [props.counts, start, end])
  if (bins.length === 0) return <Empty title={t('history.noCounts')} text={t('history.noCountsText')} />
  const top = Math.max(2, ...bins.map((bin) => bin.max))
  const x = (time: number) => ((time - start) / (end - start)) * WIDTH
  const y = (value: number) => HEIGHT - (value / top) * (HEIGHT - 6)
  const runs = split(bins)
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const time = start + ((event.clientX - box.left) / box.width) * (end - start)
    let nearest = 0
    bins.forEach((bin, index) => {
      if (Math.abs(bin.time - time) < Math.abs((bins[nearest]?.time ?? 0) - time)) nearest = index
    })
    setHover(nearest)
  }
  const shown = hover === null ? null : bins[hover]
  const most = Math.max(...bins.map((bin) => bin.max))
  return (
    <figure className="plot">
      <div className="plot-scale" aria-hidden="true"><span>{top}</span><span>{number(top / 2, top % 2 ? 1 : 0)}</span><span>0</span></div>
      <div className="plot-area">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img"
          aria-label={t('history.plotLabel', { most })} onPointerMove={move} onPointerLeave={() => setHover(null)}>
          {[0.5, 1].map((share) => <line key={share} className="plot-grid" x1="0" x2={WIDTH} y1={y(top * share)} y2={y(top * share)} />)}
          {props.gaps.filter((gap) => gap.end > start && gap.cause !== 'disabled').map((gap) => (
            <rect key={gap.start} className="plot-gap" x={Math.max(0, x(gap.start))} y="0" height={HEIGHT} width={Math.max(1, x(gap.end) - Math.max(0, x(gap.start)))} />
          ))}
          {runs.map((run) => {
            const first = run[0]
            const last = run.at(-1)
            if (!first || !last) return null
            const line = (pick: (bin: CountBin) => number) => run.map((bin) => `${x(bin.time).toFixed(1)},${y(pick(bin)).toFixed(1)}`).join(' ')
            return (
              <g key={first.time}>
                <polygon className="plot-sigma" points={band(run, x, y)} />
                <polygon className="plot-mean" points={`${x(first.time)},${HEIGHT} ${line((bin) => bin.mean)} ${x(last.time)},${HEIGHT}`} />
                <polyline className="plot-max" points={line((bin) => bin.max)} />
              </g>
            )
          })}
          {shown && <line className="plot-cursor" x1={x(shown.time)} x2={x(shown.time)} y1="0" y2={HEIGHT} />}
        </svg>
        <figcaption className="plot-caption">
          {shown ? (
            <>{clock(shown.time, false)} · {t('history.mean', { value: number(shown.mean, 1) })} · {t('history.most', { value: shown.max })}{shown.sigma ? <> · {t('history.sigma', { value: number(shown.sigma, 1) })}</> : null}</>
          ) : (
            <>
              <span><i className="plot-key mean" /> {t('history.meanKey')}</span>
              <span><i className="plot-key max" /> {t('history.mostKey')}</span>
              {bins.some((bin) => bin.sigma) && <span><i className="plot-key sigma" /> {t('history.sigmaKey')}</span>}
            </>
          )}
        </figcaption>
      </div>
    </figure>
  )
}

/** The mean with its uncertainty on either side, as one outline. */
function band(run: (CountBin & { time: number })[], x: (time: number) => number, y: (value: number) => number): string {
  const edge = (bin: CountBin & { time: number }, sign: number) => `${x(bin.time).toFixed(1)},${y(Math.max(0, bin.mean + sign * (bin.sigma ?? 0))).toFixed(1)}`
  return [...run.map((bin) => edge(bin, 1)), ...run.toReversed().map((bin) => edge(bin, -1))].join(' ')
}

/** Minutes that follow each other; a missing stretch is not bridged by a line that nobody counted. */
function split<T extends { time: number }>(bins: T[]): T[][] {
  const steps = bins.slice(1).map((bin, index) => bin.time - (bins[index]?.time ?? 0)).sort((a, b) => a - b)
  const usual = steps[Math.floor(steps.length / 2)] ?? 60_000
  const runs: T[][] = []
  for (const bin of bins) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (run && last && bin.time - last.time <= usual * 2.5) run.push(bin)
    else runs.push([bin])
  }
  return runs
}
