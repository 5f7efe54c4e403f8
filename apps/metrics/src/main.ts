import { runService } from '#libs/service';
import { metricsService } from './index.js';

await runService(metricsService);
