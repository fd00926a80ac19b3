// How the dashboard is built, served while developing, and tested.
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const api = process.env.VMS_API ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: '../static/dist',
    emptyOutDir: true,
    // Everything is a file under /assets: the page's policy allows neither inline scripts nor data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: { '/api': api, '/ws': { target: api.replace('http', 'ws'), ws: true } },
  },
  test: { environment: 'node', include: ['src/**/*.test.{ts,tsx}'], testTimeout: 20_000 },
})
