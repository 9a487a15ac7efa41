#ifndef RATING_RATING_MATH_H
#define RATING_RATING_MATH_H

/*
 * rating_math — exp and log whose last bit is the same on every machine.
 *
 * The C library's differ between versions and between processors with and without fused
 * multiply-add, so a history recomputed elsewhere would drift. These use only addition,
 * multiplication and division of doubles in a fixed order; their error is below 1e-15 relative.
 */

/* Returns e to the power of x; 0 below -708, the largest power of two times e^0 above 709. */
double rating_exp(double x);

/* Returns the natural logarithm of a finite x > 0, subnormals excepted. */
double rating_log(double x);

#endif
