/* fixture.h: experiments to start from, and a setup laid out in buffers of its own. */
#ifndef PB_FIXTURE_H
#define PB_FIXTURE_H

#include "factors.h"

/* Ready for pixels; the buffers are exactly as large as the core asks for. */
typedef struct laid_out {
    pb_experiment experiment;
    pb_setup setup;
    pb_source *sources;
    double *domain_matrices;
    pb_rotation *rotations;
    pb_orientation *orientations;
    pb_evaluation *evaluations;
} laid_out;

/* What the original program does without a flag, contract §1 to §4, on 64 x 64 pixels of 1 mm. */
pb_experiment plain_experiment(void);

/* The golden cases of GNNQQNY: -cell 21.937 4.866 23.477 90 107.08 90 -N 8 -distance 60
 * -detpixels 64 -pixel 1.0 -oversample 2 -misset 1 2 3 */
pb_experiment gnnqqny(void);

/* Ends the program with a sentence where the core refuses the experiment. */
laid_out lay_out(pb_experiment experiment);

void clear_laid_out(laid_out *run);

pb_table no_table(double default_F);

#endif
