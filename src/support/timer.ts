/** The longest time that `setTimeout` takes, in milliseconds: a longer one fires after 1 ms. */
export const maxTimerMs = 2_147_483_647;
