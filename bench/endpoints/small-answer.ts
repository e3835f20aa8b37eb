/** The endpoints' answer to `/`: 67 bytes. */
export const smallAnswer = 'hello from an endpoint, in as many bytes as a small JSON answer has';
