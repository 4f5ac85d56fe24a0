/** A cell with one side open, and a second, small cell arriving there. */
export function Mark({ size = 28 }: { readonly size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} role="img" aria-label="BitHive">
      <path
        d="M27.6 15.4V9.3L16 2.6 4.4 9.3v13.4L16 29.4l5.3-3.05"
        fill="none"
        stroke="var(--primary)"
        strokeWidth="3"
        strokeLinejoin="round"
        strokeLinecap="round"
      />
      <path d="M16 10.2 21 13.1v5.8L16 21.8l-5-2.9v-5.8Z" fill="var(--honey)" />
      <circle cx="26.2" cy="22.6" r="2.4" fill="var(--honey)" />
    </svg>
  )
}
