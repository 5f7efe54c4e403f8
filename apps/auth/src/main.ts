import { runService } from '#libs/service';
import { authService } from './index.js';

await runService(authService);
