/* Sources of a divergent beam and of a source file, contract §4. */
#include "check.h"
#include "fixture.h"
#include "vec3.h"

typedef struct golden_source {
    pb_vec3 direction;
    double weight, lambda;
} golden_source;

/* Golden case divergence_dispersion: -hdivrange 8 -hdivsteps 3 -vdivrange 6 -vdivsteps 2
 * -dispersion 2 -dispsteps 3. */
static const golden_source DIVERGENT[] = {
    {{-0.9999875000500416, 0.0029999955000020243, 0.003999971333403366},
     0.05555555555555555,
     9.900000000000001e-11},
    {{-0.9999875000500416, 0.0029999955000020243, 0.003999971333403366},
     0.05555555555555555,
     1e-10},
    {{-0.9999875000500416, 0.0029999955000020243, 0.003999971333403366},
     0.05555555555555555,
     1.01e-10},
    {{-0.9999875000500416, -0.0029999955000020243, 0.003999971333403366},
     0.05555555555555555,
     9.900000000000001e-11},
    {{-0.9999875000500416, -0.0029999955000020243, 0.003999971333403366},
     0.05555555555555555,
     1e-10},
    {{-0.9999875000500416, -0.0029999955000020243, 0.003999971333403366},
     0.05555555555555555,
     1.01e-10},
    {{-0.9999955000033751, 0.002999995500002025, 0.0}, 0.05555555555555555, 9.900000000000001e-11},
    {{-0.9999955000033751, 0.002999995500002025, 0.0}, 0.05555555555555555, 1e-10},
    {{-0.9999955000033751, 0.002999995500002025, 0.0}, 0.05555555555555555, 1.01e-10},
    {{-0.9999955000033751, -0.002999995500002025, 0.0}, 0.05555555555555555, 9.900000000000001e-11},
    {{-0.9999955000033751, -0.002999995500002025, 0.0}, 0.05555555555555555, 1e-10},
    {{-0.9999955000033751, -0.002999995500002025, 0.0}, 0.05555555555555555, 1.01e-10},
    {{-0.9999875000500416, 0.0029999955000020243, -0.003999971333403366},
     0.05555555555555555,
     9.900000000000001e-11},
    {{-0.9999875000500416, 0.0029999955000020243, -0.003999971333403366},
     0.05555555555555555,
     1e-10},
    {{-0.9999875000500416, 0.0029999955000020243, -0.003999971333403366},
     0.05555555555555555,
     1.01e-10},
    {{-0.9999875000500416, -0.0029999955000020243, -0.003999971333403366},
     0.05555555555555555,
     9.900000000000001e-11},
    {{-0.9999875000500416, -0.0029999955000020243, -0.003999971333403366},
     0.05555555555555555,
     1e-10},
    {{-0.9999875000500416, -0.0029999955000020243, -0.003999971333403366},
     0.05555555555555555,
     1.01e-10},
};

/* Golden case source_file. */
static const golden_source LISTED[] = {
    {{-1.0, 0.0, 0.0}, 1.0, 1e-10},
    {{-0.9999500037496876, 0.009999500037496875, 0.0}, 0.25, 1.01e-10},
    {{-0.9999500037496876, 0.0, -0.009999500037496875}, 3.0, 9.9e-11},
};

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))

static void check_sources(pb_experiment experiment, const golden_source *golden, int64_t count)
{
    laid_out run = lay_out(experiment);
    CHECK_INT(run.setup.source_count, count);
    for (int64_t i = 0; i < run.setup.source_count && i < count; i++) {
        const pb_source *s = &run.sources[i];
        /* Figures without a sign for zero: the golden files print -0 and 0 alike. */
        CHECK(s->direction.x == golden[i].direction.x);
        CHECK(s->direction.y == golden[i].direction.y);
        CHECK(s->direction.z == golden[i].direction.z);
        CHECK(s->incident.x == -golden[i].direction.x);
        CHECK(s->incident.y == -golden[i].direction.y);
        CHECK(s->incident.z == -golden[i].direction.z);
        CHECK_BITS(s->weight, golden[i].weight);
        CHECK_BITS(s->lambda, golden[i].lambda);
    }
    clear_laid_out(&run);
}

static pb_experiment divergent(double h_range, int64_t h_steps, double v_range, int64_t v_steps)
{
    pb_experiment e = gnnqqny();
    e.horizontal = (pb_sweep){h_range, PB_NOT_GIVEN, h_steps};
    e.vertical = (pb_sweep){v_range, PB_NOT_GIVEN, v_steps};
    return e;
}

static void golden_sources(void)
{
    pb_experiment e = divergent(8.0, 3, 6.0, 2);
    e.dispersion = 2.0;
    e.dispersion_steps = 3;
    check_sources(e, DIVERGENT, COUNT(DIVERGENT));

    const pb_source_line lines[] = {
        {{-10.0, 0.0, 0.0}, 1.0, 1.0e-10},
        {{-10.0, 0.1, 0.0}, 0.25, 1.01e-10},
        {{-10.0, 0.0, -0.1}, 3.0, 0.99e-10},
    };
    e.source_lines = lines;
    e.source_line_count = COUNT(lines);
    check_sources(e, LISTED, COUNT(LISTED));
}

static int64_t sources_of(pb_experiment e)
{
    laid_out run = lay_out(e);
    const int64_t count = run.setup.source_count;
    CHECK_INT(run.setup.steps, 4 * count);
    clear_laid_out(&run);
    return count;
}

/* Three by three: a corner has 4t = 4 * (1/4 + 1/4) = 2 and goes, an edge has 1 and stays. Two by
 * two: every point has t = 0. Four by four over a range of 3 steps of 1: a corner has
 * 4 * 2 * (9/4 - 1/4)/9 = 16/9 and goes, its neighbour 4 * (2 + 0)/9 = 8/9 and stays. */
static void round_beam(void)
{
    pb_experiment e = divergent(8.0, 3, 8.0, 3);
    CHECK_INT(sources_of(e), 5);
    e.round_divergence = 0;
    CHECK_INT(sources_of(e), 9);
    CHECK_INT(sources_of(divergent(8.0, 2, 8.0, 2)), 4);
    CHECK_INT(sources_of(divergent(3.0, 4, 3.0, 4)), 12);
    /* One step has no range: 0/0 is NaN, which drops nothing. */
    CHECK_INT(sources_of(divergent(8.0, 9, 0.0, 1)), 9);
}

/* Strictly within the radius: of three by three the edges have exactly 1 and stay; of two by two
 * every point has 2 and goes, as do those of four by four but the four inside, with 4 * 2/36. */
static void strict_round_beam(void)
{
    pb_experiment e = divergent(8.0, 3, 8.0, 3);
    e.behaviours.round_beam_strict = 1;
    CHECK_INT(sources_of(e), 5);
    e = divergent(3.0, 4, 3.0, 4);
    e.behaviours.round_beam_strict = 1;
    CHECK_INT(sources_of(e), 4);
    e = divergent(8.0, 9, 0.0, 1);
    e.behaviours.round_beam_strict = 1;
    CHECK_INT(sources_of(e), 9);
}

/* What a line of a source file leaves out. */
static void missing_columns(void)
{
    const pb_source_line lines[] = {
        {{PB_NOT_GIVEN, PB_NOT_GIVEN, PB_NOT_GIVEN}, PB_NOT_GIVEN, PB_NOT_GIVEN},
        {{-3.0, 4.0, PB_NOT_GIVEN}, 3.0, PB_NOT_GIVEN},
    };
    pb_experiment e = gnnqqny();
    e.source_lines = lines;
    e.source_line_count = COUNT(lines);
    laid_out run = lay_out(e);
    CHECK_BITS(run.sources[0].direction.x, -1.0);
    CHECK_BITS(run.sources[0].weight, 1.0);
    CHECK_BITS(run.sources[0].lambda, 1e-10);
    CHECK_BITS(run.sources[0].relative_weight, 0.5);
    CHECK_BITS(run.sources[1].direction.x, -0.6);
    CHECK_BITS(run.sources[1].direction.y, 0.8);
    CHECK_BITS(run.sources[1].relative_weight, 1.5);
    clear_laid_out(&run);
}

/* q = (d - incident)/lambda, and the cut d = lambda/(2 sin theta) = 1/|q| against dmin. */
static void resolution_cut(void)
{
    const pb_source source = {.incident = {1.0, 0.0, 0.0}, .lambda = 1e-10};
    const pb_lanes3 rays = {.x = {1.0, 0.0, -1.0}, .y = {0.0, 1.0, 0.0}};
    pb_lanes3 q;
    int32_t beyond[3];
    pb_scattering_vector(&rays, &source, 3, &q);
    CHECK_BITS(q.x[1], -1e10);
    CHECK_BITS(q.y[1], 1e10);
    CHECK_BITS(q.x[2], -2e10);
    pb_is_beyond_dmin(&q, 0.6e-10, 3, beyond);
    CHECK_INT(beyond[0], 0);
    CHECK_INT(beyond[1], 0); /* 0.707 Å */
    CHECK_INT(beyond[2], 1); /* 0.5 Å */
    pb_is_beyond_dmin(&q, 0.0, 3, beyond);
    CHECK_INT(beyond[2], 0);
}

int main(void)
{
    golden_sources();
    round_beam();
    strict_round_beam();
    missing_columns();
    resolution_cut();
    return check_summary();
}
