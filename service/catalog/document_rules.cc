#include "service/catalog/document_rules.h"

namespace costs::catalog {

const FieldRules& LocationRules() {
  static const FieldRules* const rules =
      new FieldRules{{"object", "live_mode", "tariff_status", "time_created", "account_id", "etag"}, {"id"}};
  return *rules;
}

const FieldRules& DeviceRules() {
  static const FieldRules* const rules =
      new FieldRules{{"object", "live_mode", "last_seen", "time_created", "account_id", "etag"}, {"id"}};
  return *rules;
}

const FieldRules& ElementRules() {
  static const FieldRules* const rules = new FieldRules{{"object", "live_mode", "is_linked", "connection_type",
                                                         "status", "timezone", "time_created", "account_id", "etag"},
                                                        {"id", "location_id", "direction", "type", "supersedes"}};
  return *rules;
}

const FieldRules& CalendarRules() {
  static const FieldRules* const rules =
      new FieldRules{{"object", "live_mode", "time_created", "account_id", "etag"}, {"id"}};
  return *rules;
}

}  // namespace costs::catalog
