import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

/** Relative addresses throughout, so that the console works below any path; nothing inline, for its Content-Security-Policy. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  // `#libs/*` from its sources: the console is built before, or without, the services.
  resolve: { conditions: ['switchyard', ...defaultClientConditions] },
  build: {
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
