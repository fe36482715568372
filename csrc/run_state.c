/* What a run carries from one pixel to the next, contract §5 and §6. */
#include <stddef.h>

#include "factors.h"
#include "vec3.h"

int pb_start(const pb_setup *setup, const pb_table *table, pb_run_state *state)
{
    if (setup == NULL || table == NULL || state == NULL)
        return PB_BAD_ARGUMENT;
    *state = (pb_run_state){
        .interpolation_on = setup->interpolate && table->values != NULL,
        .swept = setup->leading_zeros == 0,
        .polar_axis = setup->detector.polar,
    };
    return PB_OK;
}

/* Whether the polarization axis no longer changes: normalizing it again leaves it as it is, or
 * nothing reads it. */
static int axis_is_settled(const pb_setup *setup, pb_vec3 axis)
{
    const pb_vec3 again = pb_unit(axis);
    const int never_computed = setup->polar == PB_FIRST && !setup->beam.polarized;
    return never_computed || setup->beam.polarization == 0.0 ||
           (again.x == axis.x && again.y == axis.y && again.z == axis.z);
}

int pb_is_settled(const pb_setup *setup, const pb_run_state *state)
{
    return !state->interpolation_on && state->swept && axis_is_settled(setup, state->polar_axis);
}
