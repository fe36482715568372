/* Which intensities by fast sines leave a float32 in doubt, and what is done about it. */
#include "chain.h"
#include "check.h"
#include "fixture.h"

#define DOUBT 0x1p-40

static void only_near_a_tie(void)
{
    const float number = 1.5f;
    const double tie = (double)number + 0x1p-24; /* half-way to the next float */
    CHECK(pb_is_certain((double)number, DOUBT));
    CHECK(pb_is_certain(0.0, DOUBT));
    CHECK(!pb_is_certain(tie, DOUBT));
    CHECK(!pb_is_certain(tie * (1.0 + 0.9 * DOUBT), DOUBT));
    CHECK(!pb_is_certain(tie * (1.0 - 0.9 * DOUBT), DOUBT));
    CHECK(pb_is_certain(tie * (1.0 + 1.1 * DOUBT), DOUBT));
    CHECK(pb_is_certain(tie * (1.0 - 1.1 * DOUBT), DOUBT));
    CHECK(!pb_is_certain(0x1p-150, DOUBT)); /* half of the smallest float */
}

static void never_beyond_float(void)
{
    CHECK(!pb_is_certain(NAN, DOUBT));
    CHECK(!pb_is_certain(INFINITY, DOUBT));
    CHECK(!pb_is_certain(1e39, DOUBT));
}

static void only_for_sums_of_quotients(void)
{
    laid_out run = lay_out(gnnqqny());
    pb_setup *setup = &run.setup;
    CHECK(pb_doubt(setup) > 0.0);
    CHECK(pb_doubt(setup) < 0x1p-30);
    setup->crystal.shape = PB_ROUND;
    CHECK(pb_doubt(setup) == 0.0);
    setup->crystal.shape = PB_PARALLELEPIPED;
    setup->omega = PB_RUNNING_SUM;
    CHECK(pb_doubt(setup) == 0.0);
    setup->omega = PB_FIRST;
    setup->evaluations = PB_MAX_EVALUATIONS;
    CHECK(pb_doubt(setup) == 0.0);
    clear_laid_out(&run);
}

static pb_chain row_of(const laid_out *run, const pb_table *table, pb_run_state *state)
{
    pb_chain chain = {.setup = &run->setup, .table = table, .state = state, .n = PB_LANES};
    for (int i = 0; i < PB_LANES; i++)
        chain.fast[i] = i;
    return chain;
}

/* With all of them in doubt, all intensities are the exact ones to the last bit. */
static void doubtful_lanes_are_computed_again(void)
{
    const pb_table table = no_table(1.5);
    pb_experiment e = gnnqqny();
    e.pixels[0] = e.pixels[1] = PB_LANES;
    laid_out run = lay_out(e);
    pb_run_state state;
    CHECK(pb_start(&run.setup, &table, &state) == PB_OK);
    pb_chain exact = row_of(&run, &table, &state), rounded = exact, fast = exact;
    fast.precision = PB_FAST;
    CHECK(pb_run_chain(&exact) == PB_OK);
    CHECK(pb_run_chain(&fast) == PB_OK);
    CHECK(pb_run_rounded(&rounded, 1.0) == PB_OK);
    const size_t size = sizeof exact.intensity;
    CHECK(memcmp(rounded.intensity, exact.intensity, size) == 0);
    CHECK(memcmp(fast.intensity, exact.intensity, size) != 0);
    clear_laid_out(&run);
}

int main(void)
{
    only_near_a_tie();
    never_beyond_float();
    only_for_sums_of_quotients();
    doubtful_lanes_are_computed_again();
    return check_summary();
}
