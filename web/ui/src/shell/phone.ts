// The width up to which the page is laid out for a phone; the style sheets break at the same.
export const PHONE = '(max-width: 720px)'

export const onPhone = () => window.matchMedia(PHONE).matches
