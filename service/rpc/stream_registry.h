// The streams that are open, so that a server that shuts down can end them.
// Thread-safe.
#ifndef SERVICE_RPC_STREAM_REGISTRY_H_
#define SERVICE_RPC_STREAM_REGISTRY_H_

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace costs::rpc {

class EndableStream {
 public:
  virtual ~EndableStream() = default;
  // Called from any thread, perhaps after the stream has ended.
  virtual void EndSoon() = 0;
};

class StreamRegistry {
 public:
  // A stream that comes after EndAll() is ended at once.
  void Add(const std::shared_ptr<EndableStream>& stream) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      streams_.emplace(stream.get(), stream);
      if (!ending_) return;
    }
    stream->EndSoon();
  }

  void Remove(const EndableStream* stream) {
    std::lock_guard<std::mutex> lock(mutex_);
    streams_.erase(stream);
  }

  // Streams that gRPC has not done with.
  size_t size() {
    std::lock_guard<std::mutex> lock(mutex_);
    return streams_.size();
  }

  void EndAll() {
    std::vector<std::shared_ptr<EndableStream>> open;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
      for (auto& [key, stream] : streams_) {
        if (auto held = stream.lock()) open.push_back(std::move(held));
      }
    }
    // Outside the lock: an ended stream may remove itself.
    for (const auto& stream : open) stream->EndSoon();
  }

 private:
  std::mutex mutex_;
  std::unordered_map<const EndableStream*, std::weak_ptr<EndableStream>> streams_;
  bool ending_ = false;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_STREAM_REGISTRY_H_
