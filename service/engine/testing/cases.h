// How many random cases a test takes.
#ifndef SERVICE_ENGINE_TESTING_CASES_H_
#define SERVICE_ENGINE_TESTING_CASES_H_

namespace costs::engine::testing {

// A quarter of them with a sanitizer: it makes each several times slower, and looks for
// what one case in four shows as well.
constexpr int Cases(int cases) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return cases / 4;
#else
  return cases;
#endif
}

}  // namespace costs::engine::testing

#endif  // SERVICE_ENGINE_TESTING_CASES_H_
