import { createHash } from 'node:crypto';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 24rem; margin: 4rem auto; padding: 0 1rem; color-scheme: light dark; }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
input, button { margin: .25rem 0 1rem; padding: .5rem; }`;

const SCRIPT = `
const form = document.querySelector('form');
const said = document.querySelector('[role=status]');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const [first, second] = [...form.querySelectorAll('input')].map(({ value }) => value);
  if (first !== second) { said.textContent = 'The two are not the same.'; return; }
  const response = await fetch(location.pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ new_password: first, confirm_password: second }),
  });
  const answer = await response.json();
  said.textContent = answer.message ?? answer.detail;
  if (response.ok) form.remove();
});`;

const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Where a mailed link leads in a browser. It is the same for every link, and asks this gateway alone. */
export const RESET_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Set a new password</title>
<style>${STYLE}</style>
<h1>Set a new password</h1>
<form>
<label>New password <input type="password" autocomplete="new-password" minlength="12" maxlength="256" required></label>
<label>The same again <input type="password" autocomplete="new-password" required></label>
<button>Set it</button>
</form>
<p role="status"></p>
<script>${SCRIPT}</script>
</html>
`;

/** Headers of the page: nothing else runs on it, nothing frames it, and no other site learns its address. */
export const RESET_PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src ${digest(STYLE)}; script-src ${digest(SCRIPT)}; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};
