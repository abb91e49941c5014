"""`kcl run FILE --format json`, by the library of the same name on PyPI: the real language, where the program itself is not at hand."""

import pathlib
import sys

import kcl_lib.api as kcl


def main():
    verb, name, *options = sys.argv[1:]
    if verb != "run" or options != ["--format", "json"]:
        sys.exit(f"expected run FILE --format json, not {sys.argv[1:]}")
    file = pathlib.Path(name).resolve()
    api = kcl.API()
    module = next((folder for folder in file.parents if (folder / "kcl.mod").exists()), None)
    packages = api.update_dependencies(kcl.UpdateDependenciesArgs(manifest_path=str(module))).external_pkgs if module else []
    try:
        result = api.exec_program(kcl.ExecProgramArgs(work_dir=str(file.parent), k_filename_list=[str(file)], external_pkgs=packages))
    except Exception as error:  # pylint: disable=broad-except  # the library has no narrower one
        sys.exit(str(error))
    if result.err_message:
        sys.exit(result.err_message)
    print(result.json_result)


main()
