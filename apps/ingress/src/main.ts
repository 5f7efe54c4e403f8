import { runService } from '#libs/service';
import { ingressService } from './index.js';

await runService(ingressService);
