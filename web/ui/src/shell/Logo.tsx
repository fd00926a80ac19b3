// The mark of the service.
export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect x="2.5" y="8" width="19" height="16" rx="3.5" fill="var(--accent)" />
      <path d="m22.5 14.2 6.2-3.7a.5.5 0 0 1 .8.4v10.2a.5.5 0 0 1-.8.4l-6.2-3.7z" fill="var(--accent)" opacity=".65" />
      <circle cx="8" cy="13.2" r="2" fill="#fff" />
    </svg>
  )
}
