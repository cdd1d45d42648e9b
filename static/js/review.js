/* The document's page. */

import {Turning} from "./review/turning.js";

new Turning(document.getElementById("main"));
