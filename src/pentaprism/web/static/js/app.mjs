// The entry: starts what every page has. All of it works on what is there and on what htmx brings.
import * as dialogs from "./dialogs.mjs";
import * as forms from "./forms.mjs";
import * as keys from "./keys.mjs";
import * as pictures from "./pictures.mjs";
import * as theme from "./theme.mjs";
import * as times from "./times.mjs";
import * as toasts from "./toasts.mjs";
import * as copying from "./copying.mjs";

for (const part of [dialogs, forms, keys, pictures, theme, times, toasts, copying]) part.start();
