#ifndef BASE_ATTR_H
#define BASE_ATTR_H

/*
 * attr — the only place where compiler extensions are spelled.
 */

/* The caller must look at the result; `(void)f();` with a reason beside it where it need not. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* Arguments from number `first` on are checked against the printf format in number `text`. */
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* Number of the lowest and of the highest set bit of a 64-bit word that is not zero. */
#define LOWEST_BIT(word) __builtin_ctzll(word)
#define HIGHEST_BIT(word) (63 - __builtin_clzll(word))

/* Elements in an array whose size the compiler knows. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
