// A network between a client and a server of this machine: TCP connections to it go on to
// the server, and their bytes arrive so much later each way, in order and at no other cost.
// One thread does it.
#ifndef TESTS_BENCH_DELAYED_LINK_H_
#define TESTS_BENCH_DELAYED_LINK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace costs::bench {

class DelayedLink {
 public:
  // To `target`, 127.0.0.1:PORT; the thread runs on `core`.
  static absl::StatusOr<std::unique_ptr<DelayedLink>> Start(const std::string& target, absl::Duration each_way,
                                                            int core);
  // Connections end where they are.
  ~DelayedLink();

  // host:port, which it listens on.
  const std::string& address() const;

 private:
  class Loop;
  explicit DelayedLink(std::unique_ptr<Loop> loop);

  const std::unique_ptr<Loop> loop_;
};

}  // namespace costs::bench

#endif  // TESTS_BENCH_DELAYED_LINK_H_
