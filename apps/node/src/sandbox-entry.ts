import { bundledShelf } from './bundled-shelf.ts'
import { runJob } from './run-job.ts'

/** The program that runs inside the sandbox: one bundled workload on one job's folder, named by the argument. */
await runJob(bundledShelf, process.argv[2] ?? '')
