/** Said by `plain`. */
export const word = 'first';
