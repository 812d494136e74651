// Whether an address that is listened on can be reached from other machines.
#ifndef SERVICE_SERVER_LOOPBACK_H_
#define SERVICE_SERVER_LOOPBACK_H_

#include "absl/strings/string_view.h"

namespace costs::server {

// `listen` is HOST:PORT. By what is written: a name may mean another address tomorrow.
bool IsLoopback(absl::string_view listen);

}  // namespace costs::server

#endif  // SERVICE_SERVER_LOOPBACK_H_
