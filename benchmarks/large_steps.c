/* Large steps in V(q) = q^2/2 + sum_j eps_j sin(q / eps_j), chains side by side,
   with a histogram of every thin-th midpoint. COSINE is that of the mathematical
   library, or a polynomial without branches that the compiler can vectorise. */

#include <math.h>

#define LANES 32

#ifdef POLYNOMIAL
static inline double cosine(double x)
{
    double k = floor(x * 0.3183098861837907 + 1.0), half = k - 0.5;
    double r = ((x - half * 3.14159265346825122834) - half * 1.215420101260793e-10)
               - half * 4.0445324974223e-21;
    double sign = 1.0 - 2.0 * (k - 2.0 * floor(0.5 * k)), s = r * r;
    double p = 1.957294106339126e-20;
    p = p * s - 8.22063524662433e-18;
    p = p * s + 2.8114572543455206e-15;
    p = p * s - 7.647163731819816e-13;
    p = p * s + 1.6059043836821613e-10;
    p = p * s - 2.505210838544172e-08;
    p = p * s + 2.7557319223985893e-06;
    p = p * s - 1.984126984126984e-04;
    p = p * s + 8.333333333333333e-03;
    p = p * s - 1.6666666666666666e-01;
    return sign * (r + r * (s * p));
}
#else
#define cosine cos
#endif

void large_steps(double *x, double *p, long n_chains, long n_steps, long thin,
                 double step, double decay, const double *eps,
                 double low, double per_length, long n_bins, long *counts)
{
    double first = 1.0 / eps[0], second = 1.0 / eps[1];
    for (long block = 0; block < n_chains; block += LANES) {
        double xs[LANES], ps[LANES]; /* their own, so that nothing overlaps */
        for (long lane = 0; lane < LANES; lane++) {
            xs[lane] = x[block + lane];
            ps[lane] = p[block + lane];
        }
        for (long n = 0; n < n_steps; n += thin) {
            for (long lane = 0; lane < LANES; lane++) {
                double bin = floor((xs[lane] - low) * per_length);
                if (bin >= 0 && bin < n_bins) counts[(long)bin]++;
            }
            for (long m = 0; m < thin; m++)
                for (long lane = 0; lane < LANES; lane++) {
                    double q = xs[lane];
                    double force = q + cosine(q * first) + cosine(q * second);
                    double momentum = decay * ps[lane] - step * force;
                    ps[lane] = momentum;
                    xs[lane] = q + step * momentum;
                }
        }
    }
}
