// Which costsd this is.
#ifndef SERVICE_SERVER_VERSION_H_
#define SERVICE_SERVER_VERSION_H_

namespace costs::server {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace costs::server

#endif  // SERVICE_SERVER_VERSION_H_
