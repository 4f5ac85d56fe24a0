import { QueryClientProvider } from '@tanstack/react-query'
import { useState } from 'react'
import { createQueryClient } from '../shared/queries.ts'
import { MGate } from './m-gate.tsx'

export function PatientApp() {
  const [queries] = useState(createQueryClient)
  return (
    <QueryClientProvider client={queries}>
      <MGate />
    </QueryClientProvider>
  )
}
