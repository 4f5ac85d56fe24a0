export { addAmounts } from './add-amounts.ts'
export { CostLine } from './cost-line.tsx'
export { OrderStatus } from './order-status.tsx'
export { useOrderSummary } from './use-order-summary.ts'
