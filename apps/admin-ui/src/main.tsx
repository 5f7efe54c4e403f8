import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './kit/style/tokens.css';
import './kit/style/base.css';
import './kit/style/controls.css';
import './kit/style/table.css';
import './shell/shell.css';
import { App } from './shell/app.tsx';
import { applyKeptTheme } from './shell/theme.ts';

applyKeptTheme();
const place = document.getElementById('console');
if (place !== null)
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
