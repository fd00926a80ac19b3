// How the dashboard is built, served while developing, and tested.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { build, type Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const api = process.env.VMS_API ?? 'http://127.0.0.1:8000'
const outDir = join(import.meta.dirname, '../static/dist')

/** The service worker: one file of a lasting name, in which nothing is shared with the pages. */
const worker = (): Plugin => ({
  name: 'service-worker', apply: 'build',
  closeBundle: async () => {
    await build({
      configFile: false, publicDir: false, logLevel: 'warn',
      build: { outDir, emptyOutDir: false, rollupOptions: { input: join(import.meta.dirname, 'src/worker/sw.ts'), output: { format: 'iife', entryFileNames: 'sw.js' } } },
    })
  },
})

/** Packed beside each, for telephones on mobile data: web/api/dashboard.py sends it to who can unpack it. */
const packed = (): Plugin => ({
  name: 'packed', apply: 'build',
  closeBundle: () => {
    const folder = join(outDir, 'assets')
    for (const name of readdirSync(folder).filter((one) => /\.(js|css)$/.test(one))) {
      writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }))
    }
  },
})

export default defineConfig({
  plugins: [react(), worker(), packed()],
  build: {
    outDir,
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
