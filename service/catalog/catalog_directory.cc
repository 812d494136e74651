#include "service/catalog/catalog_directory.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/names.h"

namespace costs::catalog {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kKnown =
    "a catalog has locations.json, calendars.json, elements.json, elements/, market/, carbon/, README files and names "
    "that begin "
    "with a dot";

bool IsPassedOver(const std::string& name) {
  return name.empty() || name[0] == '.' || absl::StartsWithIgnoreCase(name, "README");
}

// Where the files are: "..data" of a mounted ConfigMap, resolved once, or else
// the directory itself.
fs::path Resolved(const fs::path& directory) {
  std::error_code error;
  fs::path data = fs::canonical(directory / "..data", error);
  if (!error && fs::is_directory(data, error)) return data;
  return directory;
}

class Lister {
 public:
  explicit Lister(FaultLog* faults) : faults_(faults) {}

  CatalogDirectory List(const fs::path& directory) {
    for (const fs::path& path : Entries(directory, ".")) {
      const std::string name = path.filename().string();
      if (name == "locations.json") {
        AddFile(path, name, &listing_.locations);
      } else if (name == "calendars.json") {
        AddFile(path, name, &listing_.calendars);
      } else if (name == "elements.json") {
        AddFile(path, name, &listing_.elements);
      } else if (name == "elements") {
        AddFolder(path, name, ".json", &listing_.elements);
      } else if (name == "market") {
        AddFolder(path, name, ".csv", &listing_.market);
      } else if (name == "carbon") {
        AddFolder(path, name, ".csv", &listing_.carbon);
      } else {
        Fault(name, absl::StrCat("is not a file of a catalog; remove or rename it: ", kKnown));
      }
    }
    return std::move(listing_);
  }

 private:
  void Fault(const std::string& name, absl::string_view what) { faults_->Add({name, 0}, "", what); }

  // What is in the directory and counts, sorted.
  std::vector<fs::path> Entries(const fs::path& directory, const std::string& name) {
    std::vector<fs::path> entries;
    std::error_code error;
    fs::directory_iterator it(directory, error);
    for (; !error && it != fs::directory_iterator(); it.increment(error)) {
      if (!IsPassedOver(it->path().filename().string())) entries.push_back(it->path());
    }
    if (error) Fault(name, absl::StrCat("the directory cannot be read: ", error.message()));
    std::sort(entries.begin(), entries.end());
    return entries;
  }

  void AddFolder(const fs::path& folder, const std::string& name, absl::string_view extension,
                 std::vector<CatalogFile>* files) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
      Fault(name, absl::StrCat("must be a directory of ", extension, " files"));
      return;
    }
    for (const fs::path& path : Entries(folder, name)) {
      const std::string file = absl::StrCat(name, "/", path.filename().string());
      if (path.extension() != fs::path(std::string(extension))) {
        Fault(file, absl::StrCat("is not a file of a catalog; remove it, or name it *", extension));
      } else if (!IsId(path.stem().string())) {
        Fault(file, absl::StrCat("the name before ", extension, " is an id: write ", kIdWanted));
      } else {
        AddFile(path, file, files);
      }
    }
  }

  void AddFile(const fs::path& path, const std::string& name, std::vector<CatalogFile>* files) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);  // follows links
    if (!fs::is_regular_file(status)) {
      Fault(name, error ? absl::StrCat("cannot be read: ", error.message())
                        : std::string("is not a regular file; put the file itself, or a link to it, here"));
      return;
    }
    files->push_back({name, path.stem().string(), path.string()});
  }

  CatalogDirectory listing_;
  FaultLog* const faults_;
};

}  // namespace

CatalogDirectory ListCatalog(absl::string_view directory, FaultLog* faults) {
  const size_t faults_before = faults->count();
  CatalogDirectory listing = Lister(faults).List(Resolved(fs::path(std::string(directory))));
  if (listing.locations.empty() && faults->count() == faults_before) {
    faults->Add({"locations.json", 0}, "", absl::StrCat("is missing in ", Quoted(directory), "; ", kKnown));
  }
  return listing;
}

}  // namespace costs::catalog
