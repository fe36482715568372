/* The table of sampling steps, contract §4, row by row. */
#include "check.h"
#include "factors.h"
#include "units.h"

#define ABSENT PB_NOT_GIVEN

static const double DEGREE = 1.0 / PB_RTD;

static void check_sweep(const pb_sweep_rule *rule, pb_sweep given, double range, double step,
                        int64_t steps)
{
    pb_sampled_range actual = {0};
    CHECK_INT(pb_sample_sweep(given, rule, &actual), PB_OK);
    CHECK_BITS(actual.range, range);
    CHECK_BITS(actual.step, step);
    CHECK_INT(actual.steps, steps);
}

static void refuse(const pb_sweep_rule *rule, pb_sweep given)
{
    pb_sampled_range actual;
    CHECK_INT(pb_sample_sweep(given, rule, &actual), PB_BAD_STEPS);
}

static void alike_for_all(const pb_sweep_rule *rule)
{
    check_sweep(rule, (pb_sweep){ABSENT, ABSENT, 0}, 0.0, 0.0, 1);
    check_sweep(rule, (pb_sweep){ABSENT, 0.25, 0}, 0.25, 0.25, 2);
    check_sweep(rule, (pb_sweep){1.0, 0.25, 0}, 1.0, 0.25, 4);
    check_sweep(rule, (pb_sweep){1.0, 0.3, 0}, 1.0, 0.3, 4);
    check_sweep(rule, (pb_sweep){ABSENT, 0.25, 7}, 0.25, 0.25, 2);
    check_sweep(rule, (pb_sweep){1.0, 0.125, 3}, 1.0, 0.125, 3);
    refuse(rule, (pb_sweep){1.0, 1e-9, 0});
    refuse(rule, (pb_sweep){1.0, ABSENT, PB_MAX_STEPS + 1});
    check_sweep(rule, (pb_sweep){1.0, 1.0, PB_MAX_STEPS}, 1.0, 1.0, PB_MAX_STEPS);
}

static void beam(void)
{
    alike_for_all(&PB_BEAM_SWEEP);
    check_sweep(&PB_BEAM_SWEEP, (pb_sweep){0.5, ABSENT, 0}, 0.5, 0.5, 2);
    check_sweep(&PB_BEAM_SWEEP, (pb_sweep){ABSENT, ABSENT, 4}, 1.0, 0.25, 4);
    check_sweep(&PB_BEAM_SWEEP, (pb_sweep){1.0, ABSENT, 5}, 1.0, 0.25, 5);
    check_sweep(&PB_BEAM_SWEEP, (pb_sweep){1.0, ABSENT, 1}, 1.0, 1.0, 2);
}

static void spindle(void)
{
    alike_for_all(&PB_SPINDLE_SWEEP);
    check_sweep(&PB_SPINDLE_SWEEP, (pb_sweep){0.5, ABSENT, 0}, 0.5, 0.25, 2);
    check_sweep(&PB_SPINDLE_SWEEP, (pb_sweep){ABSENT, ABSENT, 4}, DEGREE, DEGREE / 4.0, 4);
    check_sweep(&PB_SPINDLE_SWEEP, (pb_sweep){1.0, ABSENT, 5}, 1.0, 0.2, 5);
    check_sweep(&PB_SPINDLE_SWEEP, (pb_sweep){1.0, ABSENT, 1}, 1.0, 1.0, 1);
    /* It may turn back, or not at all. */
    check_sweep(&PB_SPINDLE_SWEEP, (pb_sweep){-1.0, ABSENT, 2}, -1.0, -0.5, 2);
    check_sweep(&PB_SPINDLE_SWEEP, (pb_sweep){0.0, ABSENT, 3}, 0.0, 0.0, 3);
    refuse(&PB_SPINDLE_SWEEP, (pb_sweep){-1.0, 0.25, 0});
    refuse(&PB_SPINDLE_SWEEP, (pb_sweep){1.0, 0.0, 0});
    refuse(&PB_SPINDLE_SWEEP, (pb_sweep){0.0, 0.0, 0});
}

static void thickness(void)
{
    alike_for_all(&PB_THICKNESS_SWEEP);
    check_sweep(&PB_THICKNESS_SWEEP, (pb_sweep){0.5, ABSENT, 0}, 0.5, 0.25, 2);
    check_sweep(&PB_THICKNESS_SWEEP, (pb_sweep){ABSENT, ABSENT, 4}, 0.5e-6, 0.5e-6 / 4.0, 4);
    check_sweep(&PB_THICKNESS_SWEEP, (pb_sweep){1.0, ABSENT, 5}, 1.0, 0.25, 5);
    check_sweep(&PB_THICKNESS_SWEEP, (pb_sweep){1.0, ABSENT, 1}, 1.0, 1.0, 2);
}

/* Range, step or steps not above 0: one step at 0, for all but the spindle. */
static void fall_back(const pb_sweep_rule *rule)
{
    check_sweep(rule, (pb_sweep){0.0, ABSENT, 0}, 0.0, 0.0, 1);
    check_sweep(rule, (pb_sweep){0.0, ABSENT, 5}, 0.0, 0.0, 1);
    check_sweep(rule, (pb_sweep){-1.0, ABSENT, 5}, 0.0, 0.0, 1);
    check_sweep(rule, (pb_sweep){1.0, -0.25, 0}, 0.0, 0.0, 1);
    check_sweep(rule, (pb_sweep){1.0, 0.0, 5}, 0.0, 0.0, 1);
    check_sweep(rule, (pb_sweep){ABSENT, -0.25, 0}, 0.0, 0.0, 1);
}

int main(void)
{
    beam();
    spindle();
    thickness();
    fall_back(&PB_BEAM_SWEEP);
    fall_back(&PB_THICKNESS_SWEEP);
    return check_summary();
}
