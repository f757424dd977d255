"""One verb per file: lock → load → ask the rules → change → commit once → return."""
