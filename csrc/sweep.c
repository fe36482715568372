/* Steps of a sampled range, contract §4. */
#include "factors.h"
#include "units.h"

const pb_sweep_rule PB_BEAM_SWEEP = {1.0, 0, 1, 1};
const pb_sweep_rule PB_SPINDLE_SWEEP = {1.0 / PB_RTD, 1, 0, 0};
const pb_sweep_rule PB_THICKNESS_SWEEP = {0.5e-6, 1, 1, 1};

/* Steps as a double, which may exceed every integer type. */
typedef struct sampled {
    double range, step, steps;
} sampled;

static sampled with_range(double range, double step, double steps, const pb_sweep_rule *rule)
{
    if (steps > 0.0 && !isnan(step))
        return (sampled){range, step, steps};
    if (!isnan(step))
        return (sampled){range, step, ceil(range / step)};
    if (steps <= 0.0)
        return (sampled){range, rule->half_range_step ? range / 2.0 : range, 2.0};
    if (!rule->both_ends)
        return (sampled){range, range / steps, steps};
    steps = steps < 2.0 ? 2.0 : steps;
    return (sampled){range, range / (steps - 1.0), steps};
}

static sampled without_range(double step, double steps, const pb_sweep_rule *rule)
{
    if (!isnan(step))
        return (sampled){step, step, 2.0};
    if (steps > 0.0)
        return (sampled){rule->default_range, rule->default_range / steps, steps};
    return (sampled){0.0, 0.0, 1.0};
}

int pb_sample_sweep(pb_sweep given, const pb_sweep_rule *rule, pb_sampled_range *sampling)
{
    const double steps = (double)given.steps;
    sampled chosen = isnan(given.range) ? without_range(given.step, steps, rule)
                                        : with_range(given.range, given.step, steps, rule);
    const int above_zero = chosen.range > 0.0 && chosen.step > 0.0 && chosen.steps > 0.0;
    if (rule->single_if_not_above_zero && !above_zero)
        chosen = (sampled){0.0, 0.0, 1.0};
    if (!(chosen.steps >= 1.0 && chosen.steps <= PB_MAX_STEPS))
        return PB_BAD_STEPS;
    *sampling = (pb_sampled_range){chosen.range, chosen.step, (int64_t)chosen.steps};
    return PB_OK;
}
