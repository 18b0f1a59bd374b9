"""What every process that reads documents needs, loaded once before they are forked."""

import docx
import pptx

from . import office, pdf, plain, reading, webpage

__all__ = ["docx", "office", "pdf", "plain", "pptx", "reading", "webpage"]
