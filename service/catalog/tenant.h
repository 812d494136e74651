// Whose entries a call is about.
#ifndef SERVICE_CATALOG_TENANT_H_
#define SERVICE_CATALOG_TENANT_H_

#include <string>

namespace costs::catalog {

// An account in one of its modes. Live and test data never mix.
struct Tenant {
  std::string account_id;
  bool live_mode = true;

  friend bool operator==(const Tenant& a, const Tenant& b) {
    return a.live_mode == b.live_mode && a.account_id == b.account_id;
  }
  friend bool operator!=(const Tenant& a, const Tenant& b) { return !(a == b); }
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_TENANT_H_
