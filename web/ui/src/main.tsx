// The start: styles, catalogue, theme, and the tree.
import '@fontsource-variable/inter'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/dialogs.css'
import './styles/shell.css'
import './styles/search.css'
import './styles/login.css'
import './styles/wall.css'
import './styles/tile.css'
import './styles/stage.css'
import './styles/camera.css'
import './styles/figures.css'
import './styles/editor.css'
import './styles/editor-forms.css'
import './styles/editor-room.css'
import './styles/sheet.css'
import './styles/alert-detail.css'
import './styles/alerts.css'
import './styles/alert-rows.css'
import './styles/alert-course.css'
import './styles/clip.css'
import './styles/report.css'
import './styles/recordings.css'
import './styles/pictures.css'
import './styles/timeline.css'
import './styles/timescale.css'
import './styles/recordings-dialogs.css'
import './styles/people.css'
import './styles/account.css'
import './styles/channels.css'
import './styles/audit.css'
import './styles/duty.css'
import './styles/duty-grid.css'
import './styles/duty-forms.css'
import './styles/duty-steps.css'
import './styles/chain.css'
import './styles/masks.css'
import './styles/rooms.css'
import './styles/rooms-pictures.css'
import './styles/rooms-page.css'
import i18n from './i18n'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { allowSoundOnFirstGesture } from './alerts/sound'
import { queryClient } from './api/queries'
import { App } from './App'
import { HintProvider } from './controls/Hint'
import { applyTheme, preferences } from './preferences/preferences'
import { listenForOffer } from './push/install'
import { listenToWorker } from './push/thisBrowser'
import { aroundNav, useHeldLocation } from './shell/leaving'
import { Router } from 'wouter'
import { navigate } from 'wouter/use-browser-location'

applyTheme()
preferences.subscribe(() => {
  applyTheme()
  const { language } = preferences.get()
  if (i18n.language !== language) void i18n.changeLanguage(language)
})
allowSoundOnFirstGesture()
listenForOffer()
listenToWorker((path) => aroundNav(navigate, path))

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <HintProvider delayDuration={350} skipDelayDuration={200}>
          <Router hook={useHeldLocation} aroundNav={aroundNav}>
            <App />
          </Router>
        </HintProvider>
      </QueryClientProvider>
    </StrictMode>,
  )
}
