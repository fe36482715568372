/* Lattice factor of the four shapes, contract §6. */
#include "check.h"
#include "fast_sine.h"
#include "fixture.h"

static void at_zero(void)
{
    CHECK_BITS(pb_sincg(0.0, 8.0), 8.0);
    CHECK_BITS(pb_sincg(-0.0, 8.0), 8.0);
    CHECK_BITS(pb_sinc3(0.0), 1.0);
    CHECK_BITS(pb_sinc3(-0.0), 1.0);
    CHECK_NEAR(pb_sincg(1e-9, 8.0), 8.0, 1e-12);
    CHECK_NEAR(pb_sinc3(0.01), 1.0 - 1e-5, 1e-8);
}

/* sin(2x)/sin(x) = 2 cos x; at x = pi, 3(sin x/x - cos x)/x^2 = 3/pi^2. */
static void known_values(void)
{
    CHECK_NEAR(pb_sincg(1.0, 2.0), 2.0 * cos(1.0), 1e-15);
    CHECK_NEAR(pb_sincg(PB_PI / 4.0, 4.0), 0.0, 1e-15);
    CHECK_NEAR(pb_sinc3(PB_PI), 3.0 / (PB_PI * PB_PI), 1e-15);
}

static pb_crystal crystal(int32_t shape)
{
    return (pb_crystal){
        .a_star = {0.05, 0.0, 0.0},
        .b_star = {0.01, 0.04, 0.0},
        .c_star = {0.0, 0.01, 0.03},
        .cells = {5.0, 4.0, 3.0},
        .shape = shape,
        .fudge = 1.25,
    };
}

static double one_factor(const pb_crystal *c, double h, double k, double l)
{
    const pb_lanes3 hkl = {{h}, {k}, {l}};
    pb_index_lanes hkl0;
    double F_latt[1];
    pb_lanes3 factors;
    pb_nearest_index(PB_HALF_DOWN, &hkl, 1, &hkl0);
    pb_lattice_factor(c, PB_EXACT, &hkl, &hkl0, 1, F_latt, &factors);
    return F_latt[0];
}

/* On a node every shape has its largest value, 60 cells; an even N turns the sign at odd indices.
 */
static void on_a_node(void)
{
    pb_crystal box = crystal(PB_PARALLELEPIPED);
    const pb_crystal ball = crystal(PB_ROUND), gauss = crystal(PB_GAUSS),
                     tophat = crystal(PB_TOPHAT);
    CHECK_BITS(one_factor(&box, 0.0, 0.0, 0.0), 60.0);
    CHECK_NEAR(one_factor(&box, 2.0, -1.0, 3.0), -60.0, 1e-10);
    CHECK_NEAR(one_factor(&box, 1.0, -2.0, 3.0), 60.0, 1e-10);
    CHECK_BITS(one_factor(&ball, 2.0, -1.0, 3.0), 60.0 * 0.723601254558268);
    CHECK_BITS(one_factor(&gauss, 2.0, -1.0, 3.0), 60.0);
    CHECK_BITS(one_factor(&tophat, 2.0, -1.0, 3.0), 60.0);
    /* One cell along an axis: no factor. */
    box.cells[1] = 1.0;
    CHECK_BITS(one_factor(&box, 0.0, 0.3, 0.0), 15.0);
}

/* The factor of each axis, whose product it is; no other shape has any. */
static void factors_of_the_axes(void)
{
    pb_crystal box = crystal(PB_PARALLELEPIPED);
    const pb_crystal ball = crystal(PB_ROUND);
    const pb_lanes3 hkl = {{0.3}, {-1.2}, {2.0}};
    const pb_index_lanes hkl0 = {{0}, {-1}, {2}};
    double F_latt;
    pb_lanes3 f;
    box.cells[2] = 1.0;
    pb_lattice_factor(&box, PB_EXACT, &hkl, &hkl0, 1, &F_latt, &f);
    CHECK_BITS(f.x[0], pb_sincg(PB_PI * 0.3, 5.0));
    CHECK_BITS(f.y[0], pb_sincg(PB_PI * -1.2, 4.0));
    CHECK_BITS(f.z[0], 1.0);
    CHECK_BITS(F_latt, f.x[0] * f.y[0]);
    pb_lattice_factor(&ball, PB_EXACT, &hkl, &hkl0, 1, &F_latt, &f);
    CHECK(isnan(f.x[0]) && isnan(f.y[0]) && isnan(f.z[0]));
}

/* Off the node along h by 0.01: r2 = (0.01 * 0.05)^2 * 60^2 = 9e-4; by 0.2: 0.36. */
static void off_a_node(void)
{
    const pb_crystal box = crystal(PB_PARALLELEPIPED), ball = crystal(PB_ROUND),
                     gauss = crystal(PB_GAUSS);
    pb_crystal tophat = crystal(PB_TOPHAT);
    CHECK_NEAR(one_factor(&box, 0.1, 0.0, 0.0), 12.0 / sin(0.1 * PB_PI), 1e-13);
    CHECK_NEAR(one_factor(&ball, 0.1, 0.0, 0.0),
               60.0 * 0.723601254558268 * pb_sinc3(PB_PI * sqrt(0.25 * 1.25)), 1e-13);
    CHECK_NEAR(one_factor(&gauss, 1.01, 0.0, 0.0), 60.0 * exp(-9e-4 / 0.63 * 1.25), 1e-12);
    CHECK_BITS(one_factor(&tophat, 1.2, 0.0, 0.0), 0.0); /* 0.36 * 1.25 = 0.45 */
    tophat.fudge = 1.0;
    CHECK_BITS(one_factor(&tophat, 1.2, 0.0, 0.0), 60.0); /* 0.36 < 0.3969 */
}

static pb_lanes3 many_indices(void)
{
    pb_lanes3 hkl;
    for (int i = 0; i < PB_LANES; i++) {
        hkl.x[i] = i % 5 == 0 ? i / 5 - 6.0 : 0.37 * i - 11.0;
        hkl.y[i] = i % 7 == 0 ? 0.0 : 1.9 - 0.123 * i;
        hkl.z[i] = i % 3 == 0 ? i + 0.5 : -40.0 + 1.01 * i;
    }
    return hkl;
}

/* All lanes at once, in every number of them, equal one at a time bit for bit. */
static void lanes_are_alone(int32_t shape, int precision)
{
    const pb_crystal c = crystal(shape);
    const pb_lanes3 hkl = many_indices();
    pb_index_lanes hkl0;
    pb_nearest_index(PB_HALF_DOWN, &hkl, PB_LANES, &hkl0);
    double alone[PB_LANES];
    pb_lanes3 factors;
    for (int i = 0; i < PB_LANES; i++) {
        const pb_lanes3 one = {{hkl.x[i]}, {hkl.y[i]}, {hkl.z[i]}};
        const pb_index_lanes one0 = {{hkl0.h[i]}, {hkl0.k[i]}, {hkl0.l[i]}};
        pb_lattice_factor(&c, precision, &one, &one0, 1, &alone[i], &factors);
    }
    for (int n = 1; n <= PB_LANES; n++) {
        double together[PB_LANES + 1];
        together[n] = -7.0;
        pb_lattice_factor(&c, precision, &hkl, &hkl0, n, together, &factors);
        for (int i = 0; i < n; i++)
            CHECK_BITS(together[i], alone[i]);
        CHECK_BITS(together[n], -7.0);
    }
}

/* PB_FAST is the quotient of the fast sines, whatever instructions compute it, and the C library's
 * beyond their reach, one lane whatever the others hold. */
static void fast_is_the_fast_sine(void)
{
    pb_crystal c = crystal(PB_PARALLELEPIPED);
    c.cells[1] = c.cells[2] = 1.0;
    pb_lanes3 hkl = many_indices();
    const pb_index_lanes unused = {{0}, {0}, {0}};
    double F_latt[PB_LANES];
    pb_lanes3 factors;
    pb_lattice_factor(&c, PB_FAST, &hkl, &unused, PB_LANES, F_latt, &factors);
    for (int i = 0; i < PB_LANES; i++) {
        const double x = PB_PI * hkl.x[i];
        CHECK_BITS(F_latt[i], x == 0.0 ? 5.0 : pb_fast_sine(x * 5.0) / pb_fast_sine(x));
    }
    const double before = F_latt[41];
    hkl.x[40] = 1e6;
    pb_lattice_factor(&c, PB_FAST, &hkl, &unused, PB_LANES, F_latt, &factors);
    CHECK_BITS(F_latt[40], pb_sincg(PB_PI * 1e6, 5.0));
    CHECK_BITS(F_latt[41], before);
}

int main(void)
{
    at_zero();
    known_values();
    on_a_node();
    factors_of_the_axes();
    off_a_node();
    for (int32_t shape = PB_PARALLELEPIPED; shape <= PB_TOPHAT; shape++) {
        lanes_are_alone(shape, PB_EXACT);
        lanes_are_alone(shape, PB_FAST);
    }
    fast_is_the_fast_sine();
    return check_summary();
}
