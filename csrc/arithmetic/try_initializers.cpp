// Whether the compiler has what C11 and C++20 have in common, for arithmetic.cmake.
struct place {
    int slow, fast[2];
};

static int sum(place at)
{
    return at.slow + at.fast[0] + at.fast[1];
}

int main(int argc, char **)
{
    const place given = {.slow = argc, .fast = {1, 2}};
    return sum(given) + sum((place){argc, {3}});
}
