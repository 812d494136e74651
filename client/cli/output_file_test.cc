#include "client/cli/output_file.h"

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace costs::cli {
namespace {

TEST(OutputFile, Lines_ReachTheFileWithFlush) {
  const std::string path = testing::TempDir() + "/lines";
  absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  (*file)->buffer()->append("one\n");
  ASSERT_TRUE((*file)->Flush().ok());
  (*file)->buffer()->append("two\n");
  ASSERT_TRUE((*file)->Close().ok());
  std::ifstream in(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "one\ntwo\n");
}

TEST(OutputFile, PathThatCannotBeOpened_IsNamed) {
  absl::Status status = OutputFile::Open(testing::TempDir() + "/none/file").status();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.message().find("/none/file: No such file or directory"), std::string::npos) << status;
}

TEST(OutputFile, ReaderThatGoesAway_IsCancelled) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  OutputFile file(ends[1]);
  file.buffer()->append("line\n");
  EXPECT_EQ(file.Flush().code(), absl::StatusCode::kCancelled);
  close(ends[1]);
}

TEST(OutputFile, FullDisk_IsDataLoss) {
  absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Open("/dev/full");
  if (!file.ok()) GTEST_SKIP() << "there is no /dev/full";
  (*file)->buffer()->append("line\n");
  EXPECT_EQ((*file)->Close().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace costs::cli
