import { runService } from '#libs/service';
import { registryService } from './index.js';

await runService(registryService);
