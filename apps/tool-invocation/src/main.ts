import { runService } from '#libs/service';
import { toolInvocationService } from './index.js';

await runService(toolInvocationService);
