export { CLIENTS } from './clients.js';
export { CLIENT_PERMISSIONS, clientName } from './recipe.js';
export type { ClientFile, ClientRecipe, Target } from './recipe.js';
