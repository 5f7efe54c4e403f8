export { Console } from './console.js';
