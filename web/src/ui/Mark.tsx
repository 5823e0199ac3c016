/** The mark: an eave over a vermilion door. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path
        fill="var(--ink-2)"
        d="M2 13c5-1 10-4 14-8 4 4 9 7 14 8v2.6c-1.6 0-3.2-.2-4.7-.6H6.7c-1.5.4-3.1.6-4.7.6z"
      />
      <path fill="var(--door)" d="M7 17h8.5v11H7zM16.5 17H25v11h-8.5z" />
      <circle cx="13" cy="22.5" r="1.2" fill="var(--ink-on-door)" />
      <circle cx="19" cy="22.5" r="1.2" fill="var(--ink-on-door)" />
    </svg>
  );
}
