"""Print the oldest version that pyproject.toml allows of each package, as constraints for pip."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
for requirement in [*project["dependencies"], *extras["torch"], *extras["paddle"]]:
    name, oldest = re.match(r"([\w-]+)>=([\d.]+)", requirement).groups()
    print(f"{name}=={oldest}")
