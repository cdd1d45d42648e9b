"""What the documents' people, streets, towns and companies are drawn from, by language ("us": American English).

Its words are its own: the base package was trained on those of fixtures/generator.
"""

from __future__ import annotations

FIRST_NAMES = {
    "de": "Anna Lukas Marie Felix Johanna Peter Claudia Stefan Murat Ewa Helena Tobias Nadine Jonas Birgit Karim Ines",
    "en": "James Olivia Harriet Mohammed Grace Daniel Siobhan Edward Priya Callum Rebecca Victor Amelia Owen Natasha",
    "es": "Lucía Álvaro Carmen Javier Rocío Íñigo Pilar Sergio Nuria Andrés Begoña Joaquín Montserrat Raúl",
    "fr": "Camille Hugo Élodie Julien Mathilde Antoine Léa Bernard Sophie Rachid Clémence Yves Inès Gaspard",
    "it": "Giulia Marco Elena Davide Chiara Paolo Francesca Matteo Silvia Niccolò Beatrice Lorenzo Alessia Ilaria",
    "nl": "Ruben Esther Karim Inge Sanne Bram Femke Joost Marloes Thijs Anouk Wouter Fatima Jeroen Lotte Sjoerd",
    "pl": "Andrzej Katarzyna Piotr Ewa Marek Tomasz Grzegorz Agnieszka Łukasz Zofia Michał Jolanta Paweł Bożena",
    "us": "Dana Luis Megan Tom Alicia Ray Kim Janet Carlos Tamika Howard Linh Abigail Derek Simone Walter Denise Jamal",
}
LAST_NAMES = {
    "de": "Bergmann Schuster Yilmaz Kowalski Brandt Hagen Lindner Oberhuber Petersen Hofmeister Krüger Nowak Öztürk",
    "en": "Whitfield Okafor Patel Macleod Thornbury Jenkins Sharma Delaney Hargreaves Bishop Lawson Quinn Fairclough",
    "es": "Peñalver Ibáñez Egea Quintanar Salcedo Murillo Zubiría Cañizares Robledo Esparza Llorente Barceló Uclés",
    "fr": "Lefèvre Moreau Garnier Benali Rousseau Chevalier Dupuis Marchand Perrin Fontaine Guillou Vasseur",
    "it": "Ferraro Pozzi Colombo Bassani Vitale Rinaldi Sartori Lombardi Esposito Galli Tedeschi Moretti Nardi",
    "nl": "Hoekstra Willems Meijer Bouali Schouten Verhoeven Dekker Kuipers Postma Terpstra Zijlstra Brouwer Haverkamp",
    "pl": "Dudek Wrona Lis Pawlak Mazur Kubiak Nowak Zaręba Gołąb Wójcik Sikora Żurek Kurek Kozioł",
    "us": "Whitlock Carrera Stroud Iverson Benning Delgado Sorensen Mulligan Reyes Boone Stein Tran Foss Osei Nagy",
}
STREETS = {
    "de": "Lindenweg, Am Alten Markt, Bahnhofstraße, Goethestraße, Hinter der Mühle, Kirchgasse, Rosenstraße",
    "en": "Mill Lane, High Street, Station Road, Victoria Terrace, Orchard Close, Harbour View, Canal Street",
    "es": "C/ Alcalá, Avda. de la Constitución, Plaza Mayor, Ronda de Poniente, Camino Viejo, C/ Ramón y Cajal, "
    "Paseo de la Ribera, Travesía del Olmo, Avda. de Europa, C/ Virgen del Mar",
    "fr": "rue des Lilas, avenue Jean Jaurès, chemin du Moulin, boulevard Voltaire, impasse des Vignes",
    "it": "Via Garibaldi, Corso Vittorio Emanuele, Viale dei Mille, Via Caracciolo, Piazza Cavour, Via delle Rose, "
    "Largo Augusto, Vicolo del Forno, Via San Martino, Strada Provinciale",
    "nl": "Keizersgracht, Waalhaven Z.z., Hoogstraat, Laan van Kronenburg, Stationsplein, Vlietweg, Molenpad, "
    "Burgemeester Vlugtlaan, Oude Delft, Ambachtsweg, Prins Hendrikkade",
    "pl": "ul. Mickiewicza, ul. Portowa, al. Jana Pawła II, os. Zwycięstwa, Nowa Wieś, ul. Długa, ul. 3 Maja, "
    "ul. Kwiatowa, al. Niepodległości, pl. Wolności, Stara Huta",
    "us": "Commerce Pkwy, W Elm St, Harbor Plaza, Industrial Blvd, Monroe Ave, Airport Rd, Ferry Street, "
    "Old Mill Road, Second Avenue, Harbor Way, Commerce Boulevard, Quarry Lane, N Lincoln Ave",
}  # fmt: skip
# What may stand behind a street and its number.
DOORS = {
    "es": (", 3º B", ", bajo", ", Nave 12", ", 1º Izda."),
    "it": ("/B", " int. 4", "/A"),
    "nl": ("-a", "-II", " bis"),
    "pl": ("/3", "/22", "A"),
    "us": (" Suite 300", " Unit 7", ", Building C", ", 12th Floor", " Apt 5B"),
}
TOWNS = {
    "de": "80331 München; 50667 Köln; 04109 Leipzig; 20095 Hamburg; 70173 Stuttgart; 99084 Erfurt; 26122 Oldenburg",
    "en": "Leeds LS1 4AP; Bristol BS1 6QH; Norwich NR2 1TF; Cardiff CF10 3AT; Exeter EX4 3SR; Glasgow G2 8AZ",
    "es": "28028 Madrid; 30008 Murcia; 29006 Málaga; 37002 Salamanca; 46980 Paterna (Valencia); 48011 Bilbao; "
    "15003 A Coruña; 08970 Sant Joan Despí; 41013 Sevilla",
    "fr": "69003 LYON; 31000 TOULOUSE; 44000 NANTES; 67000 STRASBOURG; 35700 RENNES; 13008 MARSEILLE; 59800 LILLE",
    "it": "20121 Milano MI; 10121 Torino TO; 50131 Firenze FI; 80122 Napoli NA; 37121 Verona VR; 40126 Bologna BO; "
    "09124 Cagliari CA; 67100 L'Aquila AQ; 34121 Trieste TS",
    "nl": "1016 EK Amsterdam; 3089 JH Rotterdam; 5611 JN Eindhoven; 1183 AS Amstelveen; 3818 LE Amersfoort; "
    "2266 AD Leidschendam; 8911 BX Leeuwarden; 5211 GH 's-Hertogenbosch; 7411 KT Deventer",
    "pl": "31-120 Kraków; 81-350 Gdynia; 00-175 Warszawa; 61-650 Poznań; 36-001 Trzebownisko; 50-079 Wrocław; "
    "90-361 Łódź; 20-029 Lublin; 43-300 Bielsko-Biała",
    "us": "Albany, NY 12205; Tempe, AZ 85281; Boise, ID 83702; Dayton, OH 45402; Reno, NV 89501; Tulsa, OK 74103; "
    "Salem, OR 97301; Macon, GA 31201; Fort Wayne, IN 46802; St. Cloud, MN 56301; Bangor, ME 04401",
}  # fmt: skip
# Companies: what they are called, what they do, what they are; joined by spaces.
COMPANIES = {
    "es": (
        ("Peñalver", "Mar Menor", "Ibáñez e Hijos", "San Isidro", "Quintanar", "La Encina", "Egea y Cía.", "Turia"),
        ("Construcciones", "Hostelería", "Talleres", "Distribuciones", "Reformas", "Conservas", "Transportes"),
        ("S.L.", "S.A.", "S.L.U.", "S. Coop."),
    ),
    "nl": (
        ("De Wit", "Bakker", "Noordzee", "Van der Meer", "Kuipers", "Tulp", "Van 't Hof", "Dijkstra & Zn."),
        ("Verlichting", "Techniek Groothandel", "Import", "Bouwmaterialen", "Precision Parts", "Retail", "Keukens"),
        ("B.V.", "N.V.", "Nederland B.V."),
    ),
    "pl": (
        ("Jagoda", "Elektra", "Bursztyn", "Wawel", "Sokół", "Kaszuby", "Malinowski i Syn", "Orlik"),
        ("Hurtownia", "Firma Handlowa", "Przedsiębiorstwo Budowlane", "Transport", "Piekarnia"),
        ("Sp. z o.o.", "S.A.", "sp.j."),
    ),
    "us": (
        ("Redstone", "Vista", "Harmon", "Ketchum", "Blue Mesa", "Delmar", "Northgate", "Pacific Crest",
         "Marlowe & Finch", "Tri-County", "Sunfield", "Axis", "Bellweather", "Blue Heron"),
        ("Paving", "Glazing Contractors", "Electric Services", "Roofing & Siding", "Drilling", "Catering", "Elevator",
         "Landscaping", "Software", "Dental Group", "Organic Markets", "Freight Systems"),
        ("Co. Inc.", "LLC", "Inc.", "Corp.", "LLP"),
    ),
}  # fmt: skip
TRADE_FIRST = ("es", "pl")  # languages in which what a company does stands before what it is called
