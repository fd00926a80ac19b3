// @vitest-environment jsdom
// A page that fails leaves the rest standing.
import { fireEvent, render, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import '../i18n'
import { Boundary } from './Boundary'

describe('Boundary', () => {
  it('says that the page failed, and tries again when told to', () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    let broken = true
    const Page = () => {
      if (broken) throw new RangeError('Invalid time value')
      return <p>whole</p>
    }
    render(<><nav>rail</nav><Boundary what="this page failed"><Page /></Boundary></>)
    expect(screen.getByText('rail')).toBeTruthy()
    expect(screen.getByText('this page failed')).toBeTruthy()
    broken = false
    fireEvent.click(screen.getByRole('button'))
    expect(screen.getByText('whole')).toBeTruthy()
  })
})
