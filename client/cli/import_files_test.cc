#include "client/cli/import_files.h"

#include <fstream>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace costs::cli {
namespace {

std::string Written(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(ImportFiles, Files_AreReadWholeInTheirOrder) {
  const std::string large(1'000'000, 'x');
  const std::string b = Written("b", large), a = Written("a", std::string("\0\r\n", 3)), empty = Written("empty", "");
  absl::StatusOr<ImportFiles> read = ImportFiles::Read({b, a, empty});
  ASSERT_TRUE(read.ok()) << read.status();
  const ImportFiles files = *std::move(read);
  ASSERT_EQ(files.sources().size(), 3);
  EXPECT_EQ(files.sources()[0].name, b);
  EXPECT_EQ(files.sources()[0].text, large);
  EXPECT_EQ(files.sources()[1].text, absl::string_view("\0\r\n", 3));
  EXPECT_EQ(files.sources()[2].text, "");
}

TEST(ImportFiles, WhatCannotBeRead_IsNamed) {
  const absl::Status missing = ImportFiles::Read({"/no/such/file"}).status();
  EXPECT_EQ(missing.message(), "/no/such/file: No such file or directory");
  EXPECT_TRUE(absl::StrContains(ImportFiles::Read({testing::TempDir()}).status().message(), "Is a directory"));
  EXPECT_TRUE(absl::StartsWith(ImportFiles::Read({"/no/\xFF"}).status().message(), "/no/\\xff: "));
}

TEST(ImportFiles, LimitIsOfAllFilesTogether) {
  const std::string a = Written("a", "12345"), b = Written("b", "67890");
  EXPECT_TRUE(ImportFiles::Read({a, b}, 10).ok());
  EXPECT_TRUE(absl::StrContains(ImportFiles::Read({a, b}, 9).status().message(), "at most 256 MiB; import fewer"));
}

}  // namespace
}  // namespace costs::cli
