"""Common given and family names of each locale, for realistic identities. Pure data.

The keys of NAMES are `task.options.LOCALES`. A change to a list changes which identities a seed gives.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    given: tuple[str, ...]
    family: tuple[str, ...]


def _names(given: str, family: str) -> Names:
    return Names(tuple(given.split()), tuple(family.split()))


NAMES: dict[str, Names] = {
    "de": _names(
        "Anna Barbara Birgit Brigitte Charlotte Christa Claudia Elisabeth Emma Erika Frieda Gisela Greta Hannah "
        "Heike Helga Ingrid Johanna Julia Karin Katharina Klara Lea Lena Lina Luise Maria Marie Martina Mia Monika "
        "Nele Petra Renate Sabine Sophie Susanne Ursula Ute Andreas Anton Bernd Christian Daniel David Dieter "
        "Elias Emil Felix Finn Frank Friedrich Günter Hans Heinz Jakob Jan Jonas Jörg Jürgen Karl Klaus Lars Leon "
        "Lukas Manfred Markus Martin Matthias Max Michael Moritz Oskar Paul Peter Philipp Rainer Stefan Theo "
        "Thomas Tobias Ulrich Uwe Werner Wolfgang",
        "Bauer Becker Berger Böhm Braun Busch Dietrich Engel Fischer Frank Franke Friedrich Fuchs Graf Groß "
        "Günther Haas Hahn Hartmann Heinrich Herrmann Hoffmann Hofmann Horn Huber Jäger Jung Kaiser Keller Klein "
        "Koch König Köhler Krämer Kraus Krause Krüger Kuhn Kühn Lang Lange Lehmann Lorenz Ludwig Maier Martin "
        "Mayer Meier Meyer Möller Müller Neumann Otto Peters Pfeiffer Pohl Richter Roth Sauer Schäfer Schmid "
        "Schmidt Schmitt Schneider Scholz Schreiber Schröder Schubert Schulte Schulz Schulze Schumacher Schuster "
        "Schwarz Seidel Simon Sommer Stein Thomas Vogel Vogt Voigt Wagner Walter Weber Weiß Werner Winkler Winter "
        "Wolf Wolff Ziegler Zimmermann",
    ),
    "en": _names(
        "Abigail Alice Amelia Amy Ava Beth Charlotte Chloe Daisy Eleanor Ella Emily Emma Evelyn Evie Freya Grace "
        "Hannah Harper Holly Isabella Jessica Karen Laura Linda Lucy Megan Mia Molly Nancy Olivia Patricia Phoebe "
        "Poppy Rachel Rebecca Rose Ruby Sarah Sophie Susan Victoria Willow Adam Alexander Andrew Arthur Benjamin "
        "Brian Caleb Charles Christopher Daniel David Dylan Edward Ethan Finley Frederick George Harry Henry Jack "
        "Jacob James John Joseph Joshua Kevin Leo Liam Logan Lucas Mark Mason Matthew Michael Nathan Noah Oliver "
        "Oscar Paul Peter Robert Ryan Samuel Stephen Theodore Thomas William",
        "Adams Allen Anderson Bailey Baker Barnes Bell Bennett Brooks Brown Butler Campbell Carter Chapman Clark "
        "Clarke Collins Cook Cooper Cox Davies Davis Dixon Edwards Ellis Evans Fisher Foster Gibson Graham Gray "
        "Green Griffiths Hall Harris Harrison Harvey Henderson Hill Holmes Howard Hughes Hunt Jackson James "
        "Jenkins Johnson Jones Kelly Kennedy King Knight Lee Lewis Lloyd Marshall Martin Mason Matthews Miller "
        "Mills Mitchell Moore Morgan Morris Murphy Murray Nelson Owen Palmer Parker Patterson Payne Pearson "
        "Phillips Powell Price Reed Reynolds Richards Richardson Roberts Robinson Rogers Rose Russell Ryan Scott "
        "Shaw Simpson Smith Stevens Stewart Taylor Thomas Thompson Turner Walker Ward Watson Webb White Williams "
        "Wilson Wood Wright Young",
    ),
    "es": _names(
        "Alba Alicia Ana Andrea Beatriz Carla Carmen Carolina Clara Claudia Cristina Daniela Elena Emma Eva Inés "
        "Irene Isabel Jimena Julia Laura Lola Lorena Lucía Luisa Marina María Marta Mercedes Mónica Natalia Noelia "
        "Nuria Olivia Patricia Paula Pilar Raquel Rocío Rosa Sara Silvia Sofía Teresa Valeria Vera Adrián Alberto "
        "Alejandro Alfonso Álvaro Andrés Ángel Antonio Bruno Carlos César Daniel David Diego Eduardo Enrique "
        "Fernando Francisco Gabriel Gonzalo Hugo Ignacio Iván Javier Jesús Joaquín Jorge José Juan Julio Lucas "
        "Luis Manuel Marcos Mario Martín Mateo Miguel Óscar Pablo Pedro Rafael Raúl Ricardo Rubén Santiago Sergio "
        "Tomás Vicente Víctor",
        "Aguilar Alonso Álvarez Arias Benítez Blanco Bravo Caballero Cabrera Calvo Campos Cano Carmona Castillo "
        "Castro Cortés Crespo Cruz Delgado Díaz Díez Domínguez Durán Esteban Fernández Ferrer Flores Fuentes "
        "Gallardo Gallego García Garrido Gil Giménez Gómez González Guerrero Gutiérrez Hernández Herrera Herrero "
        "Hidalgo Ibáñez Iglesias Jiménez León López Lorenzo Lozano Marín Márquez Martín Martínez Medina Méndez "
        "Molina Montero Mora Morales Moreno Moya Muñoz Navarro Nieto Núñez Ortega Ortiz Parra Pascual Peña Pérez "
        "Prieto Ramírez Ramos Reyes Rivera Rodríguez Rojas Román Romero Rubio Ruiz Sáez Sánchez Santana Santiago "
        "Santos Sanz Serrano Soler Soto Suárez Torres Vargas Vázquez Vega Velasco Vicente Vidal",
    ),
    "fr": _names(
        "Adèle Agathe Alice Amélie Anaïs Anne Aurélie Béatrice Brigitte Camille Caroline Catherine Cécile Céline "
        "Chloé Claire Clémence Élise Élodie Émilie Emma Eva Florence Françoise Hélène Inès Isabelle Jade Jeanne "
        "Julie Juliette Laure Léa Léna Lina Louise Lucie Manon Margaux Marie Martine Mathilde Nathalie Nicole "
        "Pauline Rose Sarah Sophie Sylvie Valérie Zoé Adam Alain Alexandre Antoine Arthur Bernard Bruno Christophe "
        "Clément Daniel David Denis Didier Émile Éric Étienne Fabien François Frédéric Gabriel Gérard Guillaume "
        "Hugo Jacques Jean Jérôme Jules Julien Laurent Léo Louis Lucas Marc Mathieu Maxime Michel Nathan Nicolas "
        "Olivier Pascal Patrick Paul Philippe Pierre Raphaël Rémi Romain Sébastien Simon Stéphane Théo Thierry "
        "Thomas Vincent Yves",
        "Adam Andre Antoine Arnaud Aubert Bailly Barbier Benoit Berger Bernard Bertrand Blanc Blanchard Bonnet "
        "Bourgeois Boyer Brun Brunet Caron Charles Chevalier Clement Colin David Denis Deschamps Dubois Dufour "
        "Dumas Dumont Dupont Dupuis Durand Duval Fabre Faure Fleury Fontaine Fournier François Gaillard Garnier "
        "Gautier Gauthier Gérard Giraud Girard Guérin Guillaume Henry Hubert Huet Jacquet Joly Julien Lacroix "
        "Lambert Laurent Leclerc Lecomte Lefebvre Lefèvre Legrand Lemaire Lemoine Leroux Leroy Lucas Marchand "
        "Marie Martin Masson Mathieu Menard Mercier Meunier Meyer Michel Moreau Morel Morin Moulin Muller Nicolas "
        "Noël Olivier Perrin Petit Philippe Picard Pierre Renard Renaud Rey Richard Rivière Robert Robin Roche "
        "Roger Rolland Rousseau Roussel Roux Roy Schmitt Simon Thomas Vidal Vincent",
    ),
    "pl": _names(
        "Agata Agnieszka Aleksandra Alicja Amelia Anna Antonina Barbara Beata Bożena Danuta Dorota Elżbieta Emilia "
        "Ewa Gabriela Grażyna Halina Hanna Helena Iwona Izabela Jadwiga Joanna Julia Justyna Kamila Karolina "
        "Katarzyna Klaudia Krystyna Laura Lena Magdalena Maja Małgorzata Maria Marta Monika Natalia Nikola Oliwia "
        "Patrycja Paulina Renata Sylwia Teresa Urszula Weronika Wiktoria Zofia Zuzanna Adam Aleksander Andrzej "
        "Antoni Artur Bartosz Damian Daniel Dawid Filip Franciszek Grzegorz Henryk Hubert Jacek Jakub Jan Janusz "
        "Jerzy Józef Kacper Kamil Karol Krzysztof Leon Łukasz Maciej Marcin Marek Mariusz Mateusz Michał Mikołaj "
        "Paweł Piotr Przemysław Rafał Robert Roman Sebastian Stanisław Szymon Tadeusz Tomasz Wiktor Wojciech "
        "Zbigniew",
        "Adamczyk Andrzejczak Baran Bąk Błaszczyk Borkowski Brzozowski Chmielewski Cieślak Czarnecki Dąbrowski "
        "Duda Dudek Gajewski Głowacki Górski Grabowski Jabłoński Jakubowski Jankowski Jaworski Kaczmarczyk "
        "Kaczmarek Kalinowski Kamiński Kaźmierczak Kołodziej Konieczny Kowalczyk Kowalski Kozłowski Krajewski "
        "Krawczyk Król Krupa Kubiak Kucharski Kwiatkowski Laskowski Lewandowski Lis Maciejewski Majewski Makowski "
        "Malinowski Marciniak Mazur Mazurek Michalak Michalski Mróz Nowak Nowakowski Nowicki Olszewski Ostrowski "
        "Pawlak Pawłowski Pietrzak Piotrowski Przybylski Rutkowski Sadowski Sawicki Sikora Sikorski Sobczak "
        "Sokołowski Stankiewicz Stępień Szczepański Szewczyk Szulc Szymański Szymczak Tomaszewski Urbański Walczak "
        "Wasilewski Wieczorek Wilk Wiśniewski Witkowski Włodarczyk Wojciechowski Wójcik Woźniak Wróbel Wróblewski "
        "Wysocki Zając Zakrzewski Zalewski Zawadzki Zieliński Ziółkowski",
    ),
}
