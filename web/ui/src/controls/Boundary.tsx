// A page that fails says so and leaves the rest standing; another page, or another try, begins anew.
import { Component, type ReactNode } from 'react'
import { Failed } from './states'

export class Boundary extends Component<{ what: string; children: ReactNode }, { error: Error | null }> {
  override state = { error: null }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    if (this.state.error === null) return this.props.children
    return <Failed fill error={this.state.error} what={this.props.what} onRetry={() => this.setState({ error: null })} />
  }
}
